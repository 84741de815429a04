locals {
  products = {
    mug   = "a hand-thrown stoneware mug with a speckled glaze on a linen cloth, soft window light"
    vase  = "a tall celadon vase holding one branch of cherry blossom, plain warm background"
    plate = "a dinner plate with an abstract geometric pattern in indigo, seen from above"
  }
}

resource "flux2_image" "product" {
  for_each = local.products

  prompt            = each.value
  output_format     = "webp"
  custom_image_size = { width = 1200, height = 1200 }

  # A new edition gets new pictures; nothing else about the calendar does.
  keepers = { edition = "spring" }

  timeouts = { create = "10m" }

  lifecycle {
    # fal bills a flagged image like any other and returns it black.
    postcondition {
      condition     = !contains(coalesce(self.has_nsfw_concepts, [false]), true)
      error_message = "The safety checker flagged the picture of the ${each.key}: reword its prompt."
    }
  }
}

output "product_pictures" {
  value = { for name, image in flux2_image.product : name => image.url }
}
