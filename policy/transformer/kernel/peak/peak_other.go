//go:build !amd64

package peak

func multiplyAdds(int) (run func(), operations float64) { return nil, 0 }

func reader() func(p *byte, n int) { return nil }
