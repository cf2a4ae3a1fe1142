import fc from 'fast-check'

// Without this a list of `maxLength: 120` has five elements on average, and a property of long runs is never put to the test.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true })
// Shrinking a long list may take for ever: rather the counterexample as far as it came, with its seed.
fc.installGlobalPlugin(fc.interruptAfterTimeLimit(30_000, { failOnInterrupt: true }))
