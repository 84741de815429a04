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

# fal deletes files after a while. This warns when it has; nothing is generated
# anew unless you ask for it.
check "pictures_are_still_there" {
  assert {
    condition     = alltrue([for image in flux2_image.artwork : coalesce(image.media_available, true)])
    error_message = "fal no longer has all of the pictures. To generate one anew: terraform apply -replace='flux2_image.artwork[\"NAME\"]'."
  }
}

locals {
  # What the page needs to know of each artwork. The sizes are those that fal
  # delivered, or those asked for if it does not say.
  pictures = {
    for name, image in flux2_image.artwork : name => {
      alt    = local.artworks[name].alt
      prompt = image.prompt
      seed   = image.seed
      files = [for file in image.images : {
        url    = file.url
        width  = coalesce(file.width, local.artworks[name].width)
        height = coalesce(file.height, local.artworks[name].height)
      }]
    }
  }
}
