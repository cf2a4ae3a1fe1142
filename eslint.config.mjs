import js from '@eslint/js'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const timers = ['setTimeout', 'setInterval']

/** Time and chance are arguments: whoever needs them takes a `Clock` or a `Random`. */
const ambientProperties = [
  { object: 'Date', property: 'now', message: 'Take a Clock.' },
  { object: 'performance', property: 'now', message: 'Take a Clock.' },
  { object: 'process', property: 'hrtime', message: 'Take a Clock.' },
  { object: 'Math', property: 'random', message: 'Take a Random.' },
]
const focusedTests = ['it', 'test', 'describe'].map((object) => ({ object, property: 'only', message: 'A focused test hides the others.' }))

const doubleCast = { selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword', message: 'Prove the type instead of casting twice.' }
const ambientDate = { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Take a Clock.' }
const defaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' }
const sharedState = [
  'Program > VariableDeclaration[kind="let"]',
  'Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]',
  'Program > :matches(VariableDeclaration, ExportNamedDeclaration) NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/][arguments.length=0]:not(:function *, ClassBody *)',
].map((selector) => ({ selector, message: 'State is owned by an object, never by a module.' }))
const sleepImports = { name: 'node:timers/promises', message: 'Take a Clock; a test takes a FakeClock.' }

const tests = [
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.ts',
  'examples/*/test/**/*.ts',
  'examples/*/src/**/*.test.ts',
  'test-servers/**/*.ts',
]

export default tseslint.config(
  { ignores: ['**/dist/', '**/coverage/', 'reports/', 'bench/floor.mjs', 'packages/gateway/test/article/'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { globals: globals.nodeBuiltin },
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
      'no-restricted-properties': ['error', ...focusedTests],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': ['error', { fixMixedExportsWithInlineTypeSpecifier: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
      'no-restricted-syntax': ['error', doubleCast],

      // Numbers and booleans read well in a message; objects, which print as [object Object], stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => this.close()` says no less than the same with braces around it.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Whoever passes a failure on does not know what it is, and must not change it.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: false, allowThrowingUnknown: true, allowRethrowing: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // `async` without `await` turns a throw into a rejection, which is what a method that promises must do.
      '@typescript-eslint/require-await': 'off',
      // Rings, heaps and tables read indexes that they have proven; noUncheckedIndexedAccess leaves only `!` or `as` to say so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // Spreading a string into code points is what its writer wants here: bytes and paths, not emoji.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // A decorated class without members is configuration.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...focusedTests, ...ambientProperties],
      'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message: 'Take a Clock; a test takes a FakeClock.' }))],
      'no-restricted-imports': ['error', { paths: [sleepImports] }],
      'no-restricted-syntax': ['error', doubleCast, ambientDate, defaultExport, ...sharedState],
    },
  },
  {
    // The only places that may ask the machine for the time or for chance.
    files: ['packages/core/src/clock.ts', 'packages/core/src/random.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
  },
  {
    files: tests,
    rules: {
      // Tests compare with the real clock and play with what production code must not do.
      'no-restricted-properties': ['error', ...focusedTests],
      'no-restricted-syntax': ['error', doubleCast],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // `createServer(async (request, response) => …)`: a rejection fails the test as an unhandled one.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // `expect(object.method)` only looks at it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Contract suites are tests that other packages run: they get `expect` and their fixtures handed in, and destructure them.
    files: ['packages/*/src/testing/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    // One folder is one concept, one file one idea: names that could hold anything will.
    files: ['**/{utils,types,helpers}/**', '**/{utils,types,helpers}.{ts,mjs}'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'Name the file or folder after its idea.' }] },
  },
  {
    files: ['packages/*/src/*/**/index.ts'],
    ignores: ['packages/*/src/{testing,redis}/index.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'index.ts is a public entry point, not a folder list.' }] },
  },
)
