// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
// ----------------------------------------------------------------------------------------------------
import { VersionRouter } from '@hazeljs/gateway';
const router = new VersionRouter({
  strategy: 'header', // Also: 'uri', 'query'
  header: 'X-API-Version',
  defaultVersion: 'v1',
  routes: {
    v1: { weight: 70, allowExplicit: true },
    v2: { weight: 25, allowExplicit: true },
    v3: { weight: 5, allowExplicit: true },
  },
});
// Explicit header: X-API-Version: v2
const result = router.resolve({
  method: 'GET', path: '/api/users',
  headers: { 'x-api-version': 'v2' },
});
// => { version: 'v2', resolvedBy: 'header' }
// No header — uses weighted random selection
const weighted = router.resolve({
  method: 'GET', path: '/api/users', headers: {},
});
// => { version: 'v1', resolvedBy: 'weight' } (70% chance)
// ----------------------------------------------------------------------------------------------------

export { result, weighted }
