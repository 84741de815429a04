module github.com/flux2-provider/terraform-provider-flux2/tools/releasetest

go 1.26.0

require go.yaml.in/yaml/v3 v3.0.6
