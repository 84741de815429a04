locals {
  animals = ["heron", "hare", "otter", "owl", "stoat", "wren"]
}

# Every request is out before the first wait begins, at any parallelism.
resource "flux2_image" "card" {
  for_each = toset(local.animals)

  prompt              = "a ${each.key} in tall grass, botanical woodcut in two colours"
  image_size          = "portrait_4_3"
  wait_for_completion = false
}

resource "flux2_image_result" "card" {
  for_each = flux2_image.card

  request_id  = each.value.request_id
  endpoint_id = each.value.endpoint_id
}

output "cards" {
  value = { for animal, card in flux2_image_result.card : animal => card.url }
}
