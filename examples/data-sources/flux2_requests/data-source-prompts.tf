# The prompts and seeds of September's images, newest first.
data "flux2_requests" "september" {
  start  = "2026-09-01T00:00:00Z"
  end    = "2026-10-01T00:00:00Z"
  status = "success"
  limit  = 1000

  timeouts = { read = "10m" }
}

output "september" {
  value = [
    for request in data.flux2_requests.september.requests : {
      request_id = request.request_id
      prompt     = jsondecode(request.input_json).prompt
      seed       = try(jsondecode(request.output_json).seed, null)
    } if request.input_json != null
  ]
}
