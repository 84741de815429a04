import {
  to = flux2_image_result.poster
  id = "fal-ai/flux-2-dev/a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11"
}

resource "flux2_image_result" "poster" {
  request_id = "a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11"
}
