/** What the decorators replace a method by: a function that promises. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method of any parameters
export type PromisingMethod = (...args: any) => PromiseLike<unknown>

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method of any parameters
export type AnyMethod = (...args: any) => unknown

/** Tells one caller from another by the arguments of the method. What it throws is reported, and the call has no key. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the compiler compares its parameters with the method's
export type KeyFunction = (...args: any) => string

/** Which calls of a decorated method share a policy. */
export interface MethodScope<Key extends KeyFunction = KeyFunction> {
  /** `class`: all instances of the class, and of its subclasses, share one. `instance`: each has its own, held weakly. Default `class`. */
  readonly scope?: 'class' | 'instance' | undefined
  /** Calls of one key share one: `(userId: string) => userId` for a method whose first parameter is that. Default: all do. */
  readonly key?: Key | undefined
  /**
   * Keys that are remembered; beyond it the least recently used is dropped, and begins anew when it comes back. Default 1,000; for a
   * rate limiter 100,000.
   */
  readonly maxKeys?: number | undefined
}

type KeyFits<Key, Method extends AnyMethod> = Key extends (...args: Parameters<Method>) => string
  ? unknown
  : 'The key function takes other parameters than the method'

type AlternativeFits<Alternative, Method extends AnyMethod> = [Alternative] extends [Awaited<ReturnType<Method>>]
  ? unknown
  : 'The policy may resolve with what the method does not promise'

/**
 * Decorates a method that returns a promise, whatever its visibility, static or not, under both decorator standards. The compiler
 * refuses it elsewhere; what gets past it is a ConfigError when the class is defined.
 */
export interface MethodPolicyDecorator<Key = () => string, Alternative = never> {
  <M extends PromisingMethod>(
    method: M,
    context: ClassMethodDecoratorContext<never, M> & KeyFits<Key, M> & AlternativeFits<Alternative, M>,
  ): void
  <M extends PromisingMethod>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M> & KeyFits<Key, M> & AlternativeFits<Alternative, M>,
  ): void
}

/** Whether a name that `keyof` does not list is that of a private or protected member: it gets in the way of a property of that name. */
export type IsHidden<T, Name extends PropertyKey> = T extends object & Partial<Record<Name, unknown>> ? false : true

type FallbackFits<This, Name extends string | symbol, F> = Name extends keyof This
  ? This[Name] extends (...args: infer Arguments) => PromiseLike<infer Result>
    ? F extends (...args: [...Arguments, error: Error]) => Result | PromiseLike<Result>
      ? unknown
      : 'A fallback takes the arguments of its method and then the error, and gives the same result'
    : 'A method with a fallback returns a promise'
  : IsHidden<This, Name> extends true
    ? unknown
    : `The class has no method ${Name & string}`

/**
 * Decorates a method that answers for another one. The compiler compares the two; where the other is private or protected, it can only
 * tell that it is there.
 */
export interface FallbackDecorator<Name extends string | symbol> {
  <This, F extends AnyMethod>(fallback: F, context: ClassMethodDecoratorContext<This, F> & FallbackFits<This, Name, F>): void
  <This extends object, F extends AnyMethod>(
    target: This,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F> & FallbackFits<This, Name, F>,
  ): void
}
