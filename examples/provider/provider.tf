terraform {
  required_providers {
    flux2 = {
      source = "flux2-provider/flux2"
    }
  }
}

# The API key comes from the environment variable FAL_KEY.
provider "flux2" {}

resource "flux2_image" "hero" {
  prompt     = "a lighthouse on a rocky headland above a calm sea at sunset"
  image_size = "landscape_16_9"
}

output "hero_url" {
  value = flux2_image.hero.url
}
