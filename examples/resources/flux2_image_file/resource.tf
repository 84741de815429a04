locals {
  animals = ["heron", "hare", "otter"]
}

resource "flux2_image" "card" {
  for_each = toset(local.animals)

  prompt        = "a ${each.key} in tall grass, botanical woodcut in two colours"
  image_size    = "portrait_4_3"
  output_format = "webp"
}

resource "flux2_image_file" "card" {
  for_each = flux2_image.card

  url  = each.value.url
  path = "${path.module}/public/images/${each.key}.webp"
}

# The browser refuses a picture that was tampered with, and reserves the right
# space for it before it has loaded. None of it changes while a file is missing.
output "card_preloads" {
  value = {
    for animal, card in flux2_image_file.card : animal => {
      href      = "images/${animal}.webp"
      integrity = "sha256-${card.sha256_base64}"
      type      = card.content_type
      width     = card.width
      height    = card.height
    }
  }
}
