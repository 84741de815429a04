# terraform apply -invoke=action.flux2_cancel_request.any -var=request_id=…
variable "request_id" {
  type        = string
  description = "The request to cancel."
  default     = "764cabcf-b745-4b3e-ae38-1200304cf45b"
}

action "flux2_cancel_request" "any" {
  config {
    endpoint_id = "fal-ai/flux-2"
    request_id  = var.request_id
    timeouts    = { invoke = "2m" }
  }
}
