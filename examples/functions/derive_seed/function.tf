terraform {
  required_providers {
    flux2 = { source = "flux2-provider/flux2" }
  }
}

locals {
  prompt = "a lighthouse at dusk"
}

output "seed" {
  value = provider::flux2::derive_seed(local.prompt, {}) # 1547761601
}

# One seed for each try, to write down or to compare.
output "seeds" {
  value = {
    for try in range(3) : "try ${try}" => provider::flux2::derive_seed(local.prompt, { i = try })
    # "try 0" = 2498298820
    # "try 1" = 675512159
    # "try 2" = 3079737342
  }
}
