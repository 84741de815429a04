# terraform apply -invoke=action.flux2_delete_payloads.drafts
action "flux2_delete_payloads" "drafts" {
  config {
    request_ids = [
      "764cabcf-b745-4b3e-ae38-1200304cf45b",
      "8f1a2b34-5c6d-4e7f-8091-a2b3c4d5e6f7",
    ]
  }
}
