const layers = ['core', 'resilience', 'discovery', 'gateway']
const testFiles = String.raw`\.(test|fixture)\.ts$|^packages/[^/]+/test/`

/** core ← resilience ← discovery ← gateway ← examples: nothing imports from its right. */
const layering = layers.map((layer, index) => ({
  name: `layer-${layer}`,
  comment: `${layer} imports only from the layers to its left.`,
  severity: 'error',
  from: { path: `^packages/${layer}/` },
  to: { path: `^(packages/(${layers.slice(index + 1).join('|') || '(?!)'})|examples|bench)/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...layering,
    {
      name: 'no-cycle',
      comment: 'Type-only cycles count: two files that need each other are one idea.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'entry-points-only',
      comment: 'Another package is reached by its name and through its exports, never by its files.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|examples/[^/]+|bench)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: ['^$1/', String.raw`^packages/[^/]+/(src|dist)/((testing|redis)/)?index\.(ts|js|cjs|d\.ts|d\.cts)$`],
      },
    },
    {
      name: 'packages-by-name',
      comment: 'A relative path into another package works in this repository only.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|examples/[^/]+|bench)/' },
      to: {
        path: '^(packages|examples)/',
        pathNot: '^$1/',
        dependencyTypesNot: ['aliased', 'aliased-tsconfig', 'aliased-tsconfig-paths', 'npm'],
      },
    },
    {
      name: 'entry-is-the-root',
      comment: 'index.ts is the way in for others; inside, files import each other, or every change is a cycle.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: [testFiles, '/src/testing/'] },
      to: { path: String.raw`^packages/$1/src/index\.ts$` },
    },
    {
      name: 'optional-parts',
      comment: 'The main entry does without what has an entry of its own, so that it stays small and needs no optional peer.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: [testFiles, '^packages/[^/]+/src/(redis|testing)/'] },
      to: { path: '^packages/$1/src/(redis|testing)/' },
    },
    {
      name: 'no-test-in-source',
      comment: 'What is published depends on no test and on nothing that serves only tests.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/', pathNot: [testFiles, '^packages/[^/]+/src/testing/'] },
      to: { path: [testFiles, '^packages/[^/]+/src/testing/', '^examples/[^/]+/test/', '^test-servers/'] },
    },
    {
      name: 'declared',
      comment: 'What a package imports stands in its own package.json.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/', pathNot: testFiles },
      // dependency-cruiser takes peerDependenciesMeta for one more list, and its names for undeclared there.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-development-dependency',
      comment: 'A development dependency is missing where the package is installed; optional peers are imported as types or lazily.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [testFiles, '^packages/[^/]+/src/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer', 'npm-optional'], dynamic: false },
    },
    { name: 'resolvable', comment: 'An import that leads nowhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-deprecated',
      comment: 'A module of Node, or a package, that is on its way out.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['deprecated'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectJSDocImports: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'require', 'node', 'default'] },
  },
}

export default configuration
