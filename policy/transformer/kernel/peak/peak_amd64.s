#include "textflag.h"

// Each chain is x = x·m + a with m = a = ½, which tends to 1: multiplying zeros
// would draw less power than real work, and may run at a higher clock.
DATA half<>+0(SB)/4, $0.5
GLOBL half<>(SB), RODATA, $4

#define FMA4(m, a, r0, r1, r2, r3) \
	VFMADD213PS a, m, r0; \
	VFMADD213PS a, m, r1; \
	VFMADD213PS a, m, r2; \
	VFMADD213PS a, m, r3

#define CLEAR4(r0, r1, r2, r3) \
	VXORPS r0, r0, r0; \
	VXORPS r1, r1, r1; \
	VXORPS r2, r2, r2; \
	VXORPS r3, r3, r3

#define CLEARZ4(r0, r1, r2, r3) \
	VPXORD r0, r0, r0; \
	VPXORD r1, r1, r1; \
	VPXORD r2, r2, r2; \
	VPXORD r3, r3, r3

// func multiplyAddsAVX2(turns int)
TEXT ·multiplyAddsAVX2(SB), NOSPLIT, $0-8
	MOVQ         turns+0(FP), CX
	VBROADCASTSS half<>(SB), Y12
	VMOVAPS      Y12, Y13
	CLEAR4(Y0, Y1, Y2, Y3)
	CLEAR4(Y4, Y5, Y6, Y7)
	CLEAR4(Y8, Y9, Y10, Y11)

turn2:
	FMA4(Y12, Y13, Y0, Y1, Y2, Y3)
	FMA4(Y12, Y13, Y4, Y5, Y6, Y7)
	FMA4(Y12, Y13, Y8, Y9, Y10, Y11)
	DECQ CX
	JNZ  turn2
	VZEROUPPER
	RET

// func multiplyAddsAVX512(turns int)
TEXT ·multiplyAddsAVX512(SB), NOSPLIT, $0-8
	MOVQ         turns+0(FP), CX
	VBROADCASTSS half<>(SB), Z30
	VMOVAPS      Z30, Z31
	CLEARZ4(Z0, Z1, Z2, Z3)
	CLEARZ4(Z4, Z5, Z6, Z7)
	CLEARZ4(Z8, Z9, Z10, Z11)
	CLEARZ4(Z12, Z13, Z14, Z15)
	CLEARZ4(Z16, Z17, Z18, Z19)
	CLEARZ4(Z20, Z21, Z22, Z23)

turn512:
	FMA4(Z30, Z31, Z0, Z1, Z2, Z3)
	FMA4(Z30, Z31, Z4, Z5, Z6, Z7)
	FMA4(Z30, Z31, Z8, Z9, Z10, Z11)
	FMA4(Z30, Z31, Z12, Z13, Z14, Z15)
	FMA4(Z30, Z31, Z16, Z17, Z18, Z19)
	FMA4(Z30, Z31, Z20, Z21, Z22, Z23)
	DECQ CX
	JNZ  turn512
	VZEROUPPER
	RET

#define READ128(at) \
	VPOR at(SI), Y0, Y0; \
	VPOR at+32(SI), Y1, Y1; \
	VPOR at+64(SI), Y2, Y2; \
	VPOR at+96(SI), Y3, Y3

// func readAVX2(p *byte, n int)
TEXT ·readAVX2(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	SHRQ $9, CX

turn:
	READ128(0)
	READ128(128)
	READ128(256)
	READ128(384)
	ADDQ $512, SI
	DECQ CX
	JNZ  turn
	VZEROUPPER
	RET
