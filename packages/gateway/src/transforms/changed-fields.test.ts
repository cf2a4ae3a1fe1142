import { expect, it } from 'vitest'
import { changedAnswerFields, changedRequestFields } from './changed-fields.js'

it('keeps order, multiplicity and what says nothing of the bytes', () => {
  const fields = ['A', '1', 'CONTENT-LENGTH', '5', 'a', '2', 'Content-Encoding', 'gzip', 'ETag', '"x"', 'Accept-Ranges', 'bytes']
  expect(changedRequestFields(fields, 7)).toEqual(['A', '1', 'a', '2', 'ETag', '"x"', 'Accept-Ranges', 'bytes', 'content-length', '7'])
  expect(changedAnswerFields(fields, 7)).toEqual(['A', '1', 'a', '2', 'ETag', 'W/"x"', 'Content-Length', '7'])
  expect(changedAnswerFields(fields)).toEqual(['A', '1', 'a', '2', 'ETag', 'W/"x"'])
})

it('leaves a weak validator as it is', () => {
  expect(changedAnswerFields(['etag', 'W/"x"'])).toEqual(['etag', 'W/"x"'])
})
