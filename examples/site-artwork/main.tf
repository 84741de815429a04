# One declaration for all pictures. Each instance is one request, and that is
# what fal bills.
resource "flux2_image" "artwork" {
  for_each = local.artworks

  prompt        = each.value.prompt
  output_format = each.value.format
  num_images    = each.value.copies

  custom_image_size = {
    width  = each.value.width
    height = each.value.height
  }

  lifecycle {
    # A flagged picture is black: better to stop here than to publish it.
    postcondition {
      condition     = !contains(coalesce(self.has_nsfw_concepts, [false]), true)
      error_message = "The safety checker flagged the picture ${each.key}: reword its prompt."
    }
  }
}

# What all pictures together would cost. A check warns; a precondition on the
# pictures would refuse the plan. fal publishes a price for the sibling endpoint
# that takes the same input, by the megapixel; begun ones count in full here.
data "flux2_pricing" "pictures" {
  endpoint_id   = "fal-ai/flux-2"
  unit_quantity = sum([for artwork in local.artworks : artwork.copies * ceil(artwork.width * artwork.height / 1048576)])
}

check "price" {
  assert {
    condition     = data.flux2_pricing.pictures.estimated_cost <= var.budget
    error_message = "All pictures together would cost about ${data.flux2_pricing.pictures.estimated_cost} ${data.flux2_pricing.pictures.currency}, more than the budget of ${var.budget}."
  }
}

# fal deletes files after a while. The site does not mind; a lost picture could
# not be fetched again. Nothing is generated anew unless you ask for it.
check "pictures_can_be_fetched_again" {
  assert {
    condition     = alltrue([for image in flux2_image.artwork : coalesce(image.media_available, true)])
    error_message = "fal no longer has all of the pictures: keep .terraform/flux2 and ${var.folder}/images, or generate one anew with terraform apply -replace='flux2_image.artwork[\"NAME\"]'."
  }
}
