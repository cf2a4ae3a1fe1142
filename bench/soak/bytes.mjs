// What bodies are made of: the id of their request, over and over, so that a byte of another request's is seen wherever it turns up.
import { Buffer } from 'node:buffer'

/** @param {string} id @param {number} size */
export const bytesOf = (id, size) => Buffer.alloc(size, `${id}|`)
