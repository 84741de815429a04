# Waits until the request has finished, and shows what the model logged.
data "flux2_image" "poster" {
  endpoint_id = "fal-ai/flux-2"
  request_id  = "a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11"
  wait        = true

  timeouts = { read = "5m" }
}

output "poster_log" {
  value = data.flux2_image.poster.logs[*].message
}
