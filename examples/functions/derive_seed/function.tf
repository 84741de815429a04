# The seed of an image that pins none, and of its third variation.
output "seeds" {
  value = [
    provider::flux2::derive_seed("a lighthouse at dusk", {}),
    provider::flux2::derive_seed("a lighthouse at dusk", { variation = "3" }),
  ]
}
