terraform {
  required_version = ">= 1.8"

  required_providers {
    flux2 = {
      source = "flux2-provider/flux2"
    }
  }
}
