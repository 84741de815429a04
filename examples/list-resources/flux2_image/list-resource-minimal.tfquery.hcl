# What the provider's endpoint has generated in the last 24 hours.
list "flux2_image" "recent" {
  provider = flux2
}
