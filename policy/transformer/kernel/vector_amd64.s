#include "textflag.h"
#include "go_asm.h"

// Row operations in AVX2 with FMA, 8 numbers at a time. In all of them n is a
// positive multiple of 8. What they compute is stated at their portable twins
// in vector.go. R14 and R15 are left alone.

DATA constants<>+0(SB)/4, $0x42b20000   // 89: exp is infinite there
DATA constants<>+4(SB)/4, $0xc2aeac50   // -87.33655: exp is 0 below
DATA constants<>+8(SB)/4, $0x3fb8aa3b   // 1/ln 2
DATA constants<>+12(SB)/4, $0x3f318000  // ln 2, high part
DATA constants<>+16(SB)/4, $0xb95e8083  // ln 2, low part
DATA constants<>+20(SB)/4, $0x39506967  // expC5
DATA constants<>+24(SB)/4, $0x3ab743ce  // expC4
DATA constants<>+28(SB)/4, $0x3c088908  // expC3
DATA constants<>+32(SB)/4, $0x3d2aa9c1  // expC2
DATA constants<>+36(SB)/4, $0x3e2aaaaa  // expC1
DATA constants<>+40(SB)/4, $0x3f000000  // expC0
DATA constants<>+44(SB)/4, $0x3f800000  // 1
DATA constants<>+48(SB)/4, $0x0000007f  // exponent bias
DATA constants<>+52(SB)/4, $0x80000000  // sign bit
GLOBL constants<>(SB), RODATA|NOPTR, $56

// EXP replaces Y0 by its exponential; it uses Y1-Y4.
#define EXP \
	VBROADCASTSS constants<>+0(SB), Y1; \
	VMINPS       Y0, Y1, Y0; \
	VBROADCASTSS constants<>+4(SB), Y1; \
	VCMPPS       $1, Y1, Y0, Y4; \
	VBROADCASTSS constants<>+8(SB), Y1; \
	VMULPS       Y1, Y0, Y1; \
	VROUNDPS     $0, Y1, Y1; \
	VBROADCASTSS constants<>+12(SB), Y2; \
	VFNMADD231PS Y2, Y1, Y0; \
	VBROADCASTSS constants<>+16(SB), Y2; \
	VFNMADD231PS Y2, Y1, Y0; \
	VBROADCASTSS constants<>+20(SB), Y2; \
	VBROADCASTSS constants<>+24(SB), Y3; \
	VFMADD213PS  Y3, Y0, Y2; \
	VBROADCASTSS constants<>+28(SB), Y3; \
	VFMADD213PS  Y3, Y0, Y2; \
	VBROADCASTSS constants<>+32(SB), Y3; \
	VFMADD213PS  Y3, Y0, Y2; \
	VBROADCASTSS constants<>+36(SB), Y3; \
	VFMADD213PS  Y3, Y0, Y2; \
	VBROADCASTSS constants<>+40(SB), Y3; \
	VFMADD213PS  Y3, Y0, Y2; \
	VMULPS       Y0, Y0, Y3; \
	VFMADD213PS  Y0, Y3, Y2; \
	VBROADCASTSS constants<>+44(SB), Y3; \
	VADDPS       Y3, Y2, Y2; \
	VCVTPS2DQ    Y1, Y1; \
	VPBROADCASTD constants<>+48(SB), Y3; \
	VPADDD       Y3, Y1, Y1; \
	VPSLLD       $23, Y1, Y1; \
	VMULPS       Y1, Y2, Y0; \
	VANDNPS      Y0, Y4, Y0

// SUM8 adds the lanes of y (x its low half) in a fixed order into the lowest of
// x; it uses t.
#define SUM8(y, x, t) \
	VEXTRACTF128 $1, y, t; \
	VADDPS       t, x, x; \
	VMOVHLPS     x, x, t; \
	VADDPS       t, x, x; \
	VMOVSHDUP    x, t; \
	VADDSS       t, x, x

// func maxAVX2(x *float32, n int) float32
TEXT ·maxAVX2(SB), NOSPLIT, $0-20
	MOVQ    x+0(FP), SI
	MOVQ    n+8(FP), CX
	VMOVUPS (SI), Y0

maxLoop:
	VMAXPS (SI), Y0, Y0
	ADDQ   $32, SI
	SUBQ   $8, CX
	JNZ    maxLoop
	VEXTRACTF128 $1, Y0, X1
	VMAXPS X1, X0, X0
	VMOVHLPS X0, X0, X1
	VMAXPS X1, X0, X0
	VMOVSHDUP X0, X1
	VMAXSS X1, X0, X0
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func expShiftAVX2(x *float32, n int, scale, shift float32) float32
TEXT ·expShiftAVX2(SB), NOSPLIT, $0-28
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS scale+16(FP), Y6
	VBROADCASTSS shift+20(FP), Y7
	VXORPS       Y5, Y5, Y5

expLoop:
	VMOVUPS     (SI), Y0
	VFMSUB213PS Y7, Y6, Y0
	EXP
	VMOVUPS     Y0, (SI)
	VADDPS      Y0, Y5, Y5
	ADDQ        $32, SI
	SUBQ        $8, CX
	JNZ         expLoop
	SUM8(Y5, X5, X1)
	VMOVSS      X5, ret+24(FP)
	VZEROUPPER
	RET

// func scaleByAVX2(x *float32, n int, f float32)
TEXT ·scaleByAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS f+16(FP), Y1

scaleLoop:
	VMULPS  (SI), Y1, Y0
	VMOVUPS Y0, (SI)
	ADDQ    $32, SI
	SUBQ    $8, CX
	JNZ     scaleLoop
	VZEROUPPER
	RET

// func dotAVX2(x, y *float32, n int) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ   x+0(FP), SI
	MOVQ   y+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0

dotLoop:
	VMOVUPS     (SI), Y1
	VFMADD231PS (DI), Y1, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         dotLoop
	SUM8(Y0, X0, X1)
	VMOVSS      X0, ret+24(FP)
	VZEROUPPER
	RET

// func dot3AVX2(x, y, z *float32, n int) float32
TEXT ·dot3AVX2(SB), NOSPLIT, $0-36
	MOVQ   x+0(FP), SI
	MOVQ   y+8(FP), DI
	MOVQ   z+16(FP), DX
	MOVQ   n+24(FP), CX
	VXORPS Y0, Y0, Y0

dot3Loop:
	VMOVUPS     (SI), Y1
	VMULPS      (DI), Y1, Y1
	VFMADD231PS (DX), Y1, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         dot3Loop
	SUM8(Y0, X0, X1)
	VMOVSS      X0, ret+32(FP)
	VZEROUPPER
	RET

// func mulScaleAVX2(out, x, y *float32, n int, f float32)
TEXT ·mulScaleAVX2(SB), NOSPLIT, $0-36
	MOVQ         out+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         y+16(FP), DI
	MOVQ         n+24(FP), CX
	VBROADCASTSS f+32(FP), Y2

mulScaleLoop:
	VMULPS  (SI), Y2, Y0
	VMULPS  (DI), Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, DX
	SUBQ    $8, CX
	JNZ     mulScaleLoop
	VZEROUPPER
	RET

// func addMulScaleAVX2(out, x, y *float32, n int, f float32)
TEXT ·addMulScaleAVX2(SB), NOSPLIT, $0-36
	MOVQ         out+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         y+16(FP), DI
	MOVQ         n+24(FP), CX
	VBROADCASTSS f+32(FP), Y2

addMulScaleLoop:
	VMULPS      (SI), Y2, Y0
	VMOVUPS     (DX), Y1
	VFMADD231PS (DI), Y0, Y1
	VMOVUPS     Y1, (DX)
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         addMulScaleLoop
	VZEROUPPER
	RET

// func addScaleAVX2(out, x *float32, n int, f float32)
TEXT ·addScaleAVX2(SB), NOSPLIT, $0-28
	MOVQ         out+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS f+24(FP), Y2

addScaleLoop:
	VMOVUPS     (DX), Y1
	VFMADD231PS (SI), Y2, Y1
	VMOVUPS     Y1, (DX)
	ADDQ        $32, SI
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         addScaleLoop
	VZEROUPPER
	RET

// func subScaleAVX2(out, x *float32, n int, sub, f float32)
TEXT ·subScaleAVX2(SB), NOSPLIT, $0-32
	MOVQ         out+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS sub+24(FP), Y2
	VBROADCASTSS f+28(FP), Y3

subScaleLoop:
	VMOVUPS (DX), Y1
	VSUBPS  Y2, Y1, Y1
	VMULPS  (SI), Y3, Y0
	VMULPS  Y1, Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, SI
	ADDQ    $32, DX
	SUBQ    $8, CX
	JNZ     subScaleLoop
	VZEROUPPER
	RET

// func rotateAVX2(lo, hi, cos, sin *float32, n int)
TEXT ·rotateAVX2(SB), NOSPLIT, $0-40
	MOVQ lo+0(FP), SI
	MOVQ hi+8(FP), DI
	MOVQ cos+16(FP), DX
	MOVQ sin+24(FP), BX
	MOVQ n+32(FP), CX

rotateLoop:
	VMOVUPS     (SI), Y0
	VMOVUPS     (DI), Y1
	VMOVUPS     (DX), Y2
	VMOVUPS     (BX), Y3
	VMULPS      Y3, Y1, Y4
	VFMSUB231PS Y2, Y0, Y4
	VMULPS      Y3, Y0, Y5
	VFMADD231PS Y2, Y1, Y5
	VMOVUPS     Y4, (SI)
	VMOVUPS     Y5, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	ADDQ        $32, BX
	SUBQ        $8, CX
	JNZ         rotateLoop
	VZEROUPPER
	RET

// SIGMOID sets Y0 to 1/(1+exp(-Y5)); it uses Y1-Y4.
#define SIGMOID \
	VBROADCASTSS constants<>+52(SB), Y1; \
	VXORPS       Y1, Y5, Y0; \
	EXP; \
	VBROADCASTSS constants<>+44(SB), Y1; \
	VADDPS       Y1, Y0, Y0; \
	VDIVPS       Y0, Y1, Y0

// func gateAVX2(out, x, u *float32, n int)
TEXT ·gateAVX2(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ u+16(FP), DI
	MOVQ n+24(FP), CX

gateLoop:
	VMOVUPS (SI), Y5
	SIGMOID
	VMULPS  Y5, Y0, Y0
	VMULPS  (DI), Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, DX
	SUBQ    $8, CX
	JNZ     gateLoop
	VZEROUPPER
	RET

// func gateGradAVX2(x, u, d, act *float32, n int)
TEXT ·gateGradAVX2(SB), NOSPLIT, $0-40
	MOVQ x+0(FP), SI
	MOVQ u+8(FP), DI
	MOVQ d+16(FP), DX
	MOVQ act+24(FP), BX
	MOVQ n+32(FP), CX

gateGradLoop:
	VMOVUPS      (SI), Y5
	SIGMOID
	VMULPS       Y5, Y0, Y6       // silu
	VMOVUPS      (DI), Y7         // u
	VMOVUPS      (DX), Y8         // d
	VMULPS       Y7, Y6, Y9
	VMOVUPS      Y9, (BX)         // act = silu·u
	VMULPS       Y6, Y8, Y9
	VMOVUPS      Y9, (DX)         // gradient of u = d·silu
	VBROADCASTSS constants<>+44(SB), Y1
	VSUBPS       Y0, Y1, Y1       // 1-s
	VFMADD231PS  Y1, Y6, Y0       // s + silu·(1-s)
	VMULPS       Y7, Y8, Y8
	VMULPS       Y0, Y8, Y8
	VMOVUPS      Y8, (SI)         // gradient of g
	ADDQ         $32, SI
	ADDQ         $32, DI
	ADDQ         $32, DX
	ADDQ         $32, BX
	SUBQ         $8, CX
	JNZ          gateGradLoop
	VZEROUPPER
	RET

// func adamAVX2(p, grad, m, v *float32, n int, c *AdamStep)
TEXT ·adamAVX2(SB), NOSPLIT, $0-48
	MOVQ         p+0(FP), SI
	MOVQ         grad+8(FP), DI
	MOVQ         m+16(FP), DX
	MOVQ         v+24(FP), BX
	MOVQ         n+32(FP), CX
	MOVQ         c+40(FP), AX
	VBROADCASTSS AdamStep_Beta1(AX), Y7
	VBROADCASTSS AdamStep_Rest1(AX), Y8
	VBROADCASTSS AdamStep_Beta2(AX), Y9
	VBROADCASTSS AdamStep_Rest2(AX), Y10
	VBROADCASTSS AdamStep_Rate(AX), Y11
	VBROADCASTSS AdamStep_Correct2(AX), Y12
	VBROADCASTSS AdamStep_Epsilon(AX), Y13
	VBROADCASTSS AdamStep_Decay(AX), Y15
	VBROADCASTSS AdamStep_GradScale(AX), Y6

adamLoop:
	VMULPS      (DI), Y6, Y0   // d
	VMULPS      Y8, Y0, Y1
	VFMADD231PS (DX), Y7, Y1   // m
	VMOVUPS     Y1, (DX)
	VMULPS      Y0, Y0, Y2
	VMULPS      Y10, Y2, Y2
	VFMADD231PS (BX), Y9, Y2   // v
	VMOVUPS     Y2, (BX)
	VMULPS      Y12, Y2, Y2
	VSQRTPS     Y2, Y2
	VADDPS      Y13, Y2, Y2
	VMULPS      Y11, Y1, Y1
	VDIVPS      Y2, Y1, Y1
	VMULPS      (SI), Y15, Y0
	VSUBPS      Y1, Y0, Y0
	VMOVUPS     Y0, (SI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	ADDQ        $32, BX
	SUBQ        $8, CX
	JNZ         adamLoop
	VZEROUPPER
	RET

// func spread8AVX2(dst, src *float32, n, from, to int)
TEXT ·spread8AVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DX
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ from+24(FP), R9
	MOVQ to+32(FP), R8
	SHLQ $2, R9
	SHLQ $2, R8

spread8Loop:
	VMOVUPS (SI), Y0
	VMOVUPS Y0, (DX)
	ADDQ    R9, SI
	ADDQ    R8, DX
	DECQ    CX
	JNZ     spread8Loop
	VZEROUPPER
	RET

// func spread32AVX2(dst, src *float32, n, from, to int)
TEXT ·spread32AVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DX
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ from+24(FP), R9
	MOVQ to+32(FP), R8
	SHLQ $2, R9
	SHLQ $2, R8

spread32Loop:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	ADDQ    R9, SI
	ADDQ    R8, DX
	DECQ    CX
	JNZ     spread32Loop
	VZEROUPPER
	RET

// func transpose8AVX2(dst, src *float32, row, n int)
//
// Rows a … h of 8 numbers at a time: first pairs of rows are interleaved, then
// pairs of pairs, then the halves of the vectors are put together.
TEXT ·transpose8AVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ src+8(FP), SI
	MOVQ row+16(FP), R8
	MOVQ n+24(FP), CX
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R10
	LEAQ (SI)(R8*4), R11

transposeLoop:
	VMOVUPS    (SI), Y0
	VMOVUPS    (SI)(R8*1), Y1
	VMOVUPS    (SI)(R8*2), Y2
	VMOVUPS    (SI)(R10*1), Y3
	VMOVUPS    (R11), Y4
	VMOVUPS    (R11)(R8*1), Y5
	VMOVUPS    (R11)(R8*2), Y6
	VMOVUPS    (R11)(R10*1), Y7
	VUNPCKLPS  Y1, Y0, Y8
	VUNPCKHPS  Y1, Y0, Y9
	VUNPCKLPS  Y3, Y2, Y10
	VUNPCKHPS  Y3, Y2, Y11
	VUNPCKLPS  Y5, Y4, Y12
	VUNPCKHPS  Y5, Y4, Y13
	VUNPCKLPS  Y7, Y6, Y14
	VUNPCKHPS  Y7, Y6, Y15
	VSHUFPS    $0x44, Y10, Y8, Y0
	VSHUFPS    $0xEE, Y10, Y8, Y1
	VSHUFPS    $0x44, Y11, Y9, Y2
	VSHUFPS    $0xEE, Y11, Y9, Y3
	VSHUFPS    $0x44, Y14, Y12, Y4
	VSHUFPS    $0xEE, Y14, Y12, Y5
	VSHUFPS    $0x44, Y15, Y13, Y6
	VSHUFPS    $0xEE, Y15, Y13, Y7
	VPERM2F128 $0x20, Y4, Y0, Y8
	VPERM2F128 $0x20, Y5, Y1, Y9
	VPERM2F128 $0x20, Y6, Y2, Y10
	VPERM2F128 $0x20, Y7, Y3, Y11
	VPERM2F128 $0x31, Y4, Y0, Y12
	VPERM2F128 $0x31, Y5, Y1, Y13
	VPERM2F128 $0x31, Y6, Y2, Y14
	VPERM2F128 $0x31, Y7, Y3, Y15
	VMOVUPS    Y8, (DX)
	VMOVUPS    Y9, 128(DX)
	VMOVUPS    Y10, 256(DX)
	VMOVUPS    Y11, 384(DX)
	VMOVUPS    Y12, 512(DX)
	VMOVUPS    Y13, 640(DX)
	VMOVUPS    Y14, 768(DX)
	VMOVUPS    Y15, 896(DX)
	ADDQ       $32, SI
	ADDQ       $32, R11
	ADDQ       $1024, DX
	SUBQ       $8, CX
	JNZ        transposeLoop
	VZEROUPPER
	RET
