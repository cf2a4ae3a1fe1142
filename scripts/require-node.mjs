// Imported first, before anything that an old Node does not know.
var [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error('This repository needs Node 20.19 or later; this is Node ' + process.versions.node + '.')
  process.exit(1)
}
