/**
 * Where the engine has no `Symbol.metadata`, the output of tsc writes decorator metadata only if somebody defines it before the
 * class is evaluated. `Symbol.for` is what esbuild falls back to, so both compilers agree on one symbol.
 */
if (!Reflect.has(Symbol, 'metadata')) {
  Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata'), configurable: false, writable: false })
}

export const metadataSymbol: symbol = Symbol.metadata
