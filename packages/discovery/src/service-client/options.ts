import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions, type ServiceFilter } from '@hazeljs/core'
import {
  circuitBreakerProblems,
  type CircuitBreakerOptions,
  hedgeProblems,
  type HedgeOptions,
  type RetryBudget,
  type RetryOptions,
  retryProblems,
} from '@hazeljs/resilience'
import { readText } from '../config.js'
import type { LoadBalancingStrategy } from '../load-balancers/strategy.js'
import { headerProblems, type RequestHeaders } from './request-headers.js'

/** How retries pause; `retries` and `retryDelay` say how many there are, and what the first pause is. */
export type RetryTuning = Pick<RetryOptions, 'backoff' | 'maxDelay' | 'jitter' | 'maxRetryAfter' | 'onRetry'>

/** For instances of the protocol `https`: as `tls.connect` takes them. */
export interface ServiceTlsOptions {
  /** Certificates to trust instead of the well-known authorities, in PEM. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** The client's own certificate, in PEM, with its `key`. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** The name that the instances' certificates are made out to, where instances are registered by address. */
  readonly servername?: string
}

export interface ServiceClientOptions {
  readonly serviceName: string
  /** Default: the discovery client's. */
  readonly loadBalancingStrategy?: LoadBalancingStrategy | (string & {})
  /** Which of the instances are meant. Default: all that are UP. */
  readonly filter?: ServiceFilter
  /** For a whole call, its retries and their pauses included, from 1 ms; of a streamed one until its head is there. Default 10 s. */
  readonly timeout?: Duration
  /** For each attempt, from 1 ms and less than `timeout`. Default: none but what is left of `timeout`. */
  readonly attemptTimeout?: Duration
  /** Retries after the first attempt, on another instance where there is one; 0 is none. Default 3. */
  readonly retries?: number
  /** The pause before the first retry; it doubles with each, and is drawn at random between 0 and that. Default 100 ms. */
  readonly retryDelay?: Duration
  /** How the pauses grow and stray. */
  readonly retry?: RetryTuning
  /** Limits retries and hedges to a share of the calls. Share one between all clients that call the service. Default: one of its own. */
  readonly budget?: RetryBudget
  /** A slow call is made a second time, on another instance, and the first answer counts. `true`: with the defaults of `Hedge`. Default `false`. */
  readonly hedge?: boolean | HedgeOptions
  /** Stops calling the service while it keeps failing. `true`: with the defaults of `CircuitBreaker`. Default `false`. */
  readonly circuitBreaker?: boolean | CircuitBreakerOptions
  /** Sent with each call; those of the call itself go before. */
  readonly headers?: RequestHeaders
  /** Whether a status of 400 and above rejects, with a `ServiceError` that has the answer. Default `false`. Not for streamed calls. */
  readonly throwOnError?: boolean
  /** The longest body that is read into memory. Default 10 MiB. Not for streamed calls. */
  readonly maxResponseBytes?: number
  /** How long an instance may pause in the middle of a body, from 1 ms. Default 5 min. */
  readonly idleTimeout?: Duration
  /** For making a connection, from 1 ms. Default 5 s. */
  readonly connectTimeout?: Duration
  readonly tls?: ServiceTlsOptions
}

export const defaultTimeoutMs = 10_000
export const defaultRetries = 3
export const defaultRetryDelayMs = 100
export const defaultMaxResponseBytes = 10 * 1024 * 1024
export const defaultIdleTimeoutMs = 300_000
export const defaultConnectTimeoutMs = 5_000

export interface ResolvedServiceClientOptions {
  readonly serviceName: string
  readonly strategy: string | undefined
  readonly filter: ServiceFilter | undefined
  readonly timeoutMs: number
  readonly attemptTimeoutMs: number | undefined
  readonly retry: RetryOptions
  readonly budget: RetryBudget | undefined
  readonly hedge: HedgeOptions | undefined
  readonly circuitBreaker: CircuitBreakerOptions | undefined
  readonly headers: RequestHeaders | undefined
  readonly throwOnError: boolean
  readonly maxResponseBytes: number
  readonly idleTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly tls: ServiceTlsOptions | undefined
}

/** Everything wrong with the options; empty when a client can be made of them. */
export function serviceClientProblems(options: ServiceClientOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws {ConfigError} naming everything that is wrong. */
export function resolveServiceClientOptions(options: ServiceClientOptions): ResolvedServiceClientOptions {
  return resolveOptions('ServiceClient', readOptions, options)
}

function readOptions(options: OptionsReader<ServiceClientOptions>): ResolvedServiceClientOptions {
  const serviceName = readText(options, options.required('serviceName')) ?? ''
  const timeoutMs = options.duration('timeout', defaultTimeoutMs, 1)
  const attemptTimeoutMs = options.duration('attemptTimeout', undefined, 1)
  if (attemptTimeoutMs !== undefined && attemptTimeoutMs >= timeoutMs) {
    options.add('attemptTimeout', `expected less than timeout, ${timeoutMs} ms, got ${attemptTimeoutMs} ms`)
  }
  const headers = options.value('headers')
  addAll(options, 'headers', headers === undefined ? [] : headerProblems(headers))
  return {
    serviceName,
    strategy: readText(options, 'loadBalancingStrategy'),
    filter: readObject(options, 'filter'),
    timeoutMs,
    attemptTimeoutMs,
    retry: readRetry(options),
    budget: options.able('budget', 'RetryBudget', 'tryTake'),
    hedge: readPart(options, 'hedge', hedgeProblems),
    circuitBreaker: readPart(options, 'circuitBreaker', circuitBreakerProblems),
    headers,
    throwOnError: options.boolean('throwOnError', false),
    maxResponseBytes: options.number('maxResponseBytes', defaultMaxResponseBytes, { min: 0, integer: true }),
    idleTimeoutMs: options.duration('idleTimeout', defaultIdleTimeoutMs, 1),
    connectTimeoutMs: options.duration('connectTimeout', defaultConnectTimeoutMs, 1),
    tls: readTls(options),
  }
}

/** The names that RetryPolicy has for `retries` and `retryDelay`. */
const retryNames: Readonly<Record<string, string>> = { maxAttempts: 'retries', baseDelay: 'retryDelay' }

function readRetry(options: OptionsReader<ServiceClientOptions>): RetryOptions {
  const tuning = options.object('retry')
  const retry: RetryOptions = {
    maxAttempts: options.value('retries') ?? defaultRetries,
    baseDelay: options.value('retryDelay') ?? defaultRetryDelayMs,
    backoff: tuning.value('backoff'),
    maxDelay: tuning.value('maxDelay'),
    jitter: tuning.value('jitter'),
    maxRetryAfter: tuning.value('maxRetryAfter'),
    onRetry: tuning.value('onRetry'),
  }
  for (const { path, message } of retryProblems(retry)) options.add(retryNames[path] ?? `retry.${path}`, message)
  return retry
}

function readPart<N extends 'hedge' | 'circuitBreaker'>(
  options: OptionsReader<ServiceClientOptions>,
  name: N,
  problemsIn: (part: Exclude<ServiceClientOptions[N], boolean | undefined>) => readonly ConfigProblem[],
): Exclude<ServiceClientOptions[N], boolean | undefined> | undefined {
  type Part = Exclude<ServiceClientOptions[N], boolean | undefined>
  const given: unknown = options.value(name)
  if (given === undefined || given === false) return undefined
  const part = (given === true ? {} : given) as Part
  addAll(options, name, problemsIn(part))
  return part
}

function readObject<N extends 'filter' | 'tls'>(options: OptionsReader<ServiceClientOptions>, name: N): ServiceClientOptions[N] {
  const value = options.value(name)
  if (value !== undefined && (typeof value !== 'object' || (value as object | null) === null)) options.add(name, 'expected an object')
  return value as ServiceClientOptions[N]
}

function readTls(options: OptionsReader<ServiceClientOptions>): ServiceTlsOptions | undefined {
  const tls = readObject(options, 'tls')
  const parts = options.object('tls', tls ?? {})
  for (const name of ['ca', 'cert', 'key', 'servername'] as const) parts.value(name)
  return tls
}

function addAll(options: OptionsReader<ServiceClientOptions>, name: string, problems: readonly ConfigProblem[]): void {
  for (const { path, message } of problems) options.add(path === '' ? name : `${name}.${path}`, message)
}
