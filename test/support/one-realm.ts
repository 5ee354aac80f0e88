/**
 * Jest runs each test file in a realm of its own, where an error made by Node's core is no `instanceof Error`. The SDK
 * asks that, and else replaces the error by one without its code. Importing this file makes the test see what a program sees.
 */
import { types } from 'node:util';

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, thing: unknown): boolean {
    const ordinary = Function.prototype[Symbol.hasInstance].call(this as () => void, thing);
    return ordinary || (this === Error && types.isNativeError(thing));
  },
});
