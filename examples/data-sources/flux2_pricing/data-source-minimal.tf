data "flux2_pricing" "flux2" {
  endpoint_id = "fal-ai/flux-2"
}

output "price" {
  value = "${data.flux2_pricing.flux2.unit_price} ${data.flux2_pricing.flux2.currency} per unit, counted in ${data.flux2_pricing.flux2.unit}"
}
