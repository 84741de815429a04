# terraform apply -invoke=action.flux2_cancel_request.stray
action "flux2_cancel_request" "stray" {
  config {
    request_id = "764cabcf-b745-4b3e-ae38-1200304cf45b"
  }
}
