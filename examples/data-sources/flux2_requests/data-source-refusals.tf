# What was refused in the last week, by request id, without prompts in the state.
data "flux2_requests" "refused" {
  endpoint_id      = "fal-ai/flux-2"
  start            = timeadd(plantimestamp(), "-168h")
  status           = "user_error"
  limit            = 500
  include_payloads = false
}

output "refused" {
  value = { for request in data.flux2_requests.refused.requests : request.request_id => request.status_code }

  precondition {
    condition     = !data.flux2_requests.refused.truncated
    error_message = "There are more than 500 refusals; narrow the window."
  }
}
