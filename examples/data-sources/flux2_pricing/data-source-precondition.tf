# A plan for pictures that would cost more than the budget fails, before
# anything is submitted.
variable "budget" {
  type        = number
  description = "What all pictures together may cost, in US dollars."
  default     = 0.50
}

locals {
  pictures = {
    hero = { prompt = "a lighthouse on a rocky headland above a calm sea at sunset", width = 1792, height = 768 }
    card = { prompt = "an empty harbour in morning fog, seen from the pier", width = 1024, height = 1024 }
  }

  # fal-ai/flux-2 is billed by the megapixel. Begun ones count in full here, to
  # be on the safe side.
  megapixels = sum([for picture in values(local.pictures) : ceil(picture.width * picture.height / 1000000)])
}

data "flux2_pricing" "pictures" {
  endpoint_id   = "fal-ai/flux-2"
  unit_quantity = local.megapixels
}

resource "flux2_image" "pictures" {
  for_each = local.pictures

  endpoint_id       = data.flux2_pricing.pictures.endpoint_id
  prompt            = each.value.prompt
  custom_image_size = { width = each.value.width, height = each.value.height }

  lifecycle {
    precondition {
      condition     = data.flux2_pricing.pictures.currency == "USD" && data.flux2_pricing.pictures.estimated_cost <= var.budget
      error_message = "The pictures would cost ${data.flux2_pricing.pictures.estimated_cost} ${data.flux2_pricing.pictures.currency}, more than the budget of ${var.budget} USD."
    }
  }
}

# Known after apply: what fal has billed. A null is not in the sum: fal did not say.
locals {
  billed_units = sum([for picture in flux2_image.pictures : coalesce(picture.billable_units, 0)])
}

output "billed" {
  value = {
    units = local.billed_units
    cost  = format("%.2f", local.billed_units * data.flux2_pricing.pictures.unit_price)
  }
}
