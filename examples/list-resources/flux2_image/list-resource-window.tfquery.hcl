# All of September's images of another endpoint, with their inputs, from which
# terraform query -generate-config-out=images.tf writes configuration.
list "flux2_image" "september" {
  provider         = flux2
  limit            = 1000
  include_resource = true

  config {
    endpoint_id = "fal-ai/flux-2"
    start       = "2026-09-01T00:00:00Z"
    end         = "2026-10-01T00:00:00Z"
    timeouts    = { list = "10m" }
  }
}
