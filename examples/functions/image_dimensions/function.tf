locals {
  card = { width = 1200, height = 630, format = "jpeg" }
}

# The size of a preset, and of the files that a transform makes of it.
output "sizes" {
  value = {
    hero  = provider::flux2::image_dimensions("landscape_16_9")
    phone = provider::flux2::image_dimensions("landscape_16_9", { width = 640 })
    # Never larger than the picture, so 1024 × 538.
    card = provider::flux2::image_dimensions("landscape_16_9", local.card)
  }
}
