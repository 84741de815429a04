resource "flux2_image" "art" {
  prompt                     = "a lighthouse at dusk"
  guidance_scale             = 3.5
  seed                       = 9007199254740993
  num_inference_steps        = 20
  image_size                 = "square"
  num_images                 = 2
  acceleration               = "high"
  enable_prompt_expansion    = true
  enable_safety_checker      = false
  output_format              = "webp"
  endpoint_id                = "fal-ai/flux-2"
  keepers                    = { page = "home" }
  on_media_expired           = "regenerate"
  delete_payloads_on_destroy = true
  queue_priority             = "low"
  tags                       = { team = "web" }
  timeouts                   = { create = "1h", update = "45m", read = "1m", delete = "3m" }
}

resource "flux2_image" "plain" {
  prompt = "a lighthouse at dawn"
}

resource "flux2_image" "custom" {
  prompt            = "a lighthouse at noon"
  custom_image_size = { width = 640, height = 512 }
}

resource "flux2_image" "submitted" {
  prompt              = "a lighthouse at night"
  wait_for_completion = false
}

resource "flux2_image_result" "collected" {
  request_id = flux2_image.submitted.request_id
  timeouts   = { create = "1h", read = "1m" }
}
