-- What wrk asks for: whether the server is there, descriptions of a fleet, or sync jobs, each with a token of its own. An answer other than 200 is an error.
local operation, fleet = os.getenv("OPERATION"), os.getenv("FLEET")
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init()
   calls = 0
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
end

function request()
   calls = calls + 1
   if operation == "idle" then
      return wrk.format("GET", "/healthz")
   end
   if operation == "describeFleet" then
      return wrk.format(nil, "/describeFleet", nil, string.format('{"fleet":"%s"}', fleet))
   end
   local body = '{"fleet":"%s","clientRequestToken":"load-%d-%d"}'
   return wrk.format(nil, "/syncDeploymentJob", nil, string.format(body, fleet, number, calls))
end

function done(summary, latency)
   local errors = summary.errors
   local wrong = errors.connect + errors.read + errors.write + errors.timeout + errors.status
   io.write(string.format("%s: %.0f calls a second, p50 %.1f ms, p99 %.1f ms, errors %d\n", operation,
      summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, wrong))
   if wrong > 0 or summary.requests == 0 then
      os.exit(1)
   end
end
