terraform {
  required_providers {
    flux2 = { source = "flux2-provider/flux2" }
  }
}

locals {
  preset = "landscape_16_9"
  pixels = provider::flux2::image_dimensions(local.preset) # { width = 1024, height = 576 }
}

output "width" {
  value = local.pixels.width # 1024
}

# For prices by the megapixel: 0.589824
output "megapixels" {
  value = local.pixels.width * local.pixels.height / 1000000
}

# A page can reserve the place of a picture before the picture exists.
output "tag" {
  value = "<img src=\"hero.png\" width=\"${local.pixels.width}\" height=\"${local.pixels.height}\" alt=\"A lighthouse\">"
}

# The size of the file that flux2_image_file makes with this transform:
# { width = 640, height = 360 }
output "small" {
  value = provider::flux2::image_dimensions(local.preset, { width = 640, format = "webp" })
}
