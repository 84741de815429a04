# What was asked of the provider's endpoint in the last 24 hours.
data "flux2_requests" "recent" {}

output "recent" {
  value = data.flux2_requests.recent.requests[*].request_id
}
