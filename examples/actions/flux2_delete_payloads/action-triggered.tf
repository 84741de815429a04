# Erases a confidential draft at fal as soon as its release is marked as published.
variable "released" {
  type        = string
  description = "The version that is published. A new value erases the draft."
  default     = "1.0.0"
}

resource "flux2_image" "draft" {
  prompt           = "an unreleased product on a white pedestal, studio light"
  on_media_expired = "ignore"
}

resource "terraform_data" "release" {
  input = var.released

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.flux2_delete_payloads.draft]
    }
  }
}

action "flux2_delete_payloads" "draft" {
  config {
    request_ids = [flux2_image.draft.request_id]
    timeouts    = { invoke = "1m" }
  }
}
