/**
 * The services that an id of the form `name:host:port` may belong to: names and hosts may have colons, so there may be several, the shortest
 * name first. None for an id of another form.
 */
export function servicesNamedBy(id: string): readonly string[] {
  const portColon = id.lastIndexOf(':')
  if (!/^\d+$/.test(id.slice(portColon + 1))) return []
  const services: string[] = []
  for (let colon = id.indexOf(':', 1); colon > 0 && colon < portColon - 1; colon = id.indexOf(':', colon + 1)) {
    services.push(id.slice(0, colon))
  }
  return services
}
