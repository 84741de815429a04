module github.com/flux2-provider/terraform-provider-flux2/tools/releasetest

go 1.26.0
