# A request that somebody else made: with fal's own clients, or on its website.
data "flux2_image" "poster" {
  request_id = "a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11"
}

output "poster" {
  value = {
    url  = data.flux2_image.poster.url
    seed = data.flux2_image.poster.seed
  }
}
