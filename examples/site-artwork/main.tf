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

locals {
  # One file for each picture of each artwork: hero.jpeg, but postcard-1.jpeg
  # and postcard-2.jpeg. Their names are known before the pictures are.
  files = merge([
    for name, artwork in local.artworks : {
      for i in range(artwork.copies) : (artwork.copies > 1 ? "${name}-${i + 1}" : name) => {
        artwork = name
        index   = i
        name    = "images/${artwork.copies > 1 ? "${name}-${i + 1}" : name}.${artwork.format}"
      }
    }
  ]...)
}

# The pictures on disk, next to the page. One that gets lost is fetched again,
# which costs nothing; one that is there needs fal no more.
resource "flux2_image_file" "picture" {
  for_each = local.files

  url  = flux2_image.artwork[each.value.artwork].images[each.value.index].url
  path = "${path.module}/${var.folder}/${each.value.name}"
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
    error_message = "fal no longer has all of the pictures: keep ${var.folder}/images, or generate one anew with terraform apply -replace='flux2_image.artwork[\"NAME\"]'."
  }
}

locals {
  # What the page needs to know of each artwork. The sizes are those of the
  # files themselves.
  pictures = {
    for name, image in flux2_image.artwork : name => {
      alt    = local.artworks[name].alt
      prompt = image.prompt
      seed   = image.seed
      files = [for key, file in local.files : {
        src    = file.name
        width  = flux2_image_file.picture[key].width
        height = flux2_image_file.picture[key].height
      } if file.artwork == name]
    }
  }
}
