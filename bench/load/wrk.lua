-- Sends one fixed request (without a `request` function wrk formats it once, and no Lua runs per request) and prints the totals as one line of JSON.
-- Arguments: method, body bytes, then name and value of each header.
function init(args)
  wrk.method = args[1]
  local bytes = tonumber(args[2])
  if bytes > 0 then wrk.body = string.rep('x', bytes) end
  for i = 3, #args, 2 do wrk.headers[args[i]] = args[i + 1] end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"bytes":%d,"micros":%d,"badStatus":%d,"broken":%d,"timeouts":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.bytes, summary.duration, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
