/** What a path's segment holds when it means a version, whether that is known or not: `v9`, `v1.2`. */
export const versionShape = /^v\d+(?:\.\d+)*$/i
