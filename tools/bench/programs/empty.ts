/**
 * The program that does nothing: what starting any compiled program costs.
 *
 * @module
 */

export {};
