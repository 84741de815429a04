# What the pictures of this configuration have cost. fal bills a while after a
# request has ended: run it again until nothing is missing.
resource "flux2_image" "pictures" {
  for_each = toset(["heron", "hare", "otter"])

  endpoint_id = "fal-ai/flux-2"
  prompt      = "a ${each.key} in tall grass, botanical woodcut in two colours"
}

data "flux2_billing_events" "pictures" {
  request_ids = [for picture in flux2_image.pictures : picture.request_id]
}

output "cost" {
  value = format("%.3f USD", data.flux2_billing_events.pictures.total_cost)
}

output "not_billed_yet" {
  value = data.flux2_billing_events.pictures.missing_request_ids
}
