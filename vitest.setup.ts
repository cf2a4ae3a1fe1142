import fc from 'fast-check'

// Without this a list of `maxLength: 120` has five elements on average, and a property of long runs is never put to the test.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true })
