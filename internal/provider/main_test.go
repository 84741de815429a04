// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

func TestMain(m *testing.M) {
	acctest.Main(m)
}
