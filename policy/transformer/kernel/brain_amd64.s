#include "textflag.h"
#include "go_asm.h"

// Both tile functions compute the tile described by their argument (see
// braintile.go):
//
//	c[i][j] = add[i][j] + Σ_k a[i][k]·b[k][j]
//
// one chain of fused multiply-adds for each element, k ascending. Registers:
//
//	DI tile    SI a, row 0, moving along k    R11 a, row 4, moving along k
//	R8 distance of rows of a    R10 three times that
//	BX b, moving along k    CX k left    DX c    R12 distance of rows of c    R13 add
//
// all distances in bytes; a row of b is 64 bytes, each 32-bit word of them a
// number of the left half of the panel below one of the right half. A number's
// 16 bits are the high half of a float32 whose low half is zero.

#define SETUP \
	MOVQ brainTile_a(DI), SI; \
	MOVQ brainTile_b(DI), BX; \
	MOVQ brainTile_c(DI), DX; \
	MOVQ brainTile_add(DI), R13; \
	MOVQ brainTile_inner(DI), CX; \
	MOVQ brainTile_aRow(DI), R8; \
	MOVQ brainTile_cRow(DI), R12; \
	SHLQ $2, R8; \
	SHLQ $2, R12; \
	LEAQ (R8)(R8*2), R10

// AHEAD is how far ahead of the tile memory is fetched.
#define AHEAD 2048

// ---- AVX-512: up to 8 rows of 32 columns ----

#define ZERO2(z0, z1) \
	VPXORD z0, z0, z0; \
	VPXORD z1, z1, z1

#define LOAD2(z0, z1) \
	VMOVUPS (R13), z0; \
	VMOVUPS 64(R13), z1; \
	ADDQ    R12, R13

#define STORE2(z0, z1) \
	VMOVUPS z0, (DX); \
	VMOVUPS z1, 64(DX); \
	ADDQ    R12, DX

// WIDEN2 makes a row of b two vectors of float32; Z31 keeps high halves.
#define WIDEN2 \
	PREFETCHT0 AHEAD(BX); \
	VPSLLD     $16, (BX), Z16; \
	VPANDD     (BX), Z31, Z17

#define FMA2(mem, t, z0, z1) \
	VBROADCASTSS mem, t; \
	VFMADD231PS  Z16, t, z0; \
	VFMADD231PS  Z17, t, z1

// func brainTileAVX512(t *brainTile)
TEXT ·brainTileAVX512(SB), NOSPLIT, $0-8
	MOVQ       t+0(FP), DI
	SETUP
	VPTERNLOGD $0xff, Z31, Z31, Z31
	VPSLLD     $16, Z31, Z31
	MOVQ       brainTile_rows(DI), AX
	CMPQ       AX, $4
	JGT        eight
	JEQ        four
	CMPQ       AX, $2
	JEQ        two

	ZERO2(Z0, Z1)
	TESTQ R13, R13
	JZ    loop1
	LOAD2(Z0, Z1)

loop1:
	WIDEN2
	FMA2((SI), Z18, Z0, Z1)
	ADDQ $4, SI
	ADDQ $64, BX
	DECQ CX
	JNZ  loop1
	STORE2(Z0, Z1)
	VZEROUPPER
	RET

two:
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	TESTQ R13, R13
	JZ    loop2
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)

loop2:
	WIDEN2
	FMA2((SI), Z18, Z0, Z1)
	FMA2((SI)(R8*1), Z19, Z2, Z3)
	ADDQ $4, SI
	ADDQ $64, BX
	DECQ CX
	JNZ  loop2
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	VZEROUPPER
	RET

four:
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	TESTQ R13, R13
	JZ    loop4
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)
	LOAD2(Z4, Z5)
	LOAD2(Z6, Z7)

loop4:
	WIDEN2
	FMA2((SI), Z18, Z0, Z1)
	FMA2((SI)(R8*1), Z19, Z2, Z3)
	FMA2((SI)(R8*2), Z20, Z4, Z5)
	FMA2((SI)(R10*1), Z21, Z6, Z7)
	ADDQ $4, SI
	ADDQ $64, BX
	DECQ CX
	JNZ  loop4
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	VZEROUPPER
	RET

eight:
	LEAQ (SI)(R8*4), R11
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	ZERO2(Z8, Z9)
	ZERO2(Z10, Z11)
	ZERO2(Z12, Z13)
	ZERO2(Z14, Z15)
	TESTQ R13, R13
	JZ    loop8
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)
	LOAD2(Z4, Z5)
	LOAD2(Z6, Z7)
	LOAD2(Z8, Z9)
	LOAD2(Z10, Z11)
	LOAD2(Z12, Z13)
	LOAD2(Z14, Z15)

loop8:
	WIDEN2
	FMA2((SI), Z18, Z0, Z1)
	FMA2((SI)(R8*1), Z19, Z2, Z3)
	FMA2((SI)(R8*2), Z20, Z4, Z5)
	FMA2((SI)(R10*1), Z21, Z6, Z7)
	FMA2((R11), Z22, Z8, Z9)
	FMA2((R11)(R8*1), Z23, Z10, Z11)
	FMA2((R11)(R8*2), Z24, Z12, Z13)
	FMA2((R11)(R10*1), Z25, Z14, Z15)
	ADDQ $4, SI
	ADDQ $4, R11
	ADDQ $64, BX
	DECQ CX
	JNZ  loop8
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	STORE2(Z8, Z9)
	STORE2(Z10, Z11)
	STORE2(Z12, Z13)
	STORE2(Z14, Z15)
	VZEROUPPER
	RET

// ---- AVX2: 1 or 2 rows of 32 columns ----

// YWIDEN4 makes a row of b four vectors of float32: Y10 and Y12 are the left
// half of the panel, Y11 and Y13 the right one. Y15 keeps high halves.
#define YWIDEN4 \
	PREFETCHT0 AHEAD(BX); \
	VMOVDQU    (BX), Y11; \
	VMOVDQU    32(BX), Y13; \
	VPSLLD     $16, Y11, Y10; \
	VPSLLD     $16, Y13, Y12; \
	VPAND      Y15, Y11, Y11; \
	VPAND      Y15, Y13, Y13

#define YZERO4(y0, y1, y2, y3) \
	VXORPS y0, y0, y0; \
	VXORPS y1, y1, y1; \
	VXORPS y2, y2, y2; \
	VXORPS y3, y3, y3

#define YLOAD4(y0, y1, y2, y3) \
	VMOVUPS (R13), y0; \
	VMOVUPS 32(R13), y1; \
	VMOVUPS 64(R13), y2; \
	VMOVUPS 96(R13), y3; \
	ADDQ    R12, R13

#define YSTORE4(y0, y1, y2, y3) \
	VMOVUPS y0, (DX); \
	VMOVUPS y1, 32(DX); \
	VMOVUPS y2, 64(DX); \
	VMOVUPS y3, 96(DX); \
	ADDQ    R12, DX

#define YFMA4(mem, y0, y1, y2, y3) \
	VBROADCASTSS mem, Y14; \
	VFMADD231PS  Y10, Y14, y0; \
	VFMADD231PS  Y12, Y14, y1; \
	VFMADD231PS  Y11, Y14, y2; \
	VFMADD231PS  Y13, Y14, y3

// func brainTileAVX2(t *brainTile)
TEXT ·brainTileAVX2(SB), NOSPLIT, $0-8
	MOVQ     t+0(FP), DI
	SETUP
	VPCMPEQD Y15, Y15, Y15
	VPSLLD   $16, Y15, Y15
	MOVQ     brainTile_rows(DI), AX
	YZERO4(Y0, Y1, Y2, Y3)
	CMPQ     AX, $2
	JEQ      ytwo
	TESTQ    R13, R13
	JZ       yloop1
	YLOAD4(Y0, Y1, Y2, Y3)

yloop1:
	YWIDEN4
	YFMA4((SI), Y0, Y1, Y2, Y3)
	ADDQ $4, SI
	ADDQ $64, BX
	DECQ CX
	JNZ  yloop1
	YSTORE4(Y0, Y1, Y2, Y3)
	VZEROUPPER
	RET

ytwo:
	YZERO4(Y4, Y5, Y6, Y7)
	TESTQ R13, R13
	JZ    yloop2
	YLOAD4(Y0, Y1, Y2, Y3)
	YLOAD4(Y4, Y5, Y6, Y7)

yloop2:
	YWIDEN4
	YFMA4((SI), Y0, Y1, Y2, Y3)
	YFMA4((SI)(R8*1), Y4, Y5, Y6, Y7)
	ADDQ $4, SI
	ADDQ $64, BX
	DECQ CX
	JNZ  yloop2
	YSTORE4(Y0, Y1, Y2, Y3)
	YSTORE4(Y4, Y5, Y6, Y7)
	VZEROUPPER
	RET

// func widenAVX2(dst *float32, src *uint16, rows int)
TEXT ·widenAVX2(SB), NOSPLIT, $0-24
	MOVQ     dst+0(FP), DX
	MOVQ     src+8(FP), BX
	MOVQ     rows+16(FP), CX
	VPCMPEQD Y15, Y15, Y15
	VPSLLD   $16, Y15, Y15

widenLoop:
	YWIDEN4
	VMOVUPS Y10, (DX)
	VMOVUPS Y12, 32(DX)
	VMOVUPS Y11, 64(DX)
	VMOVUPS Y13, 96(DX)
	ADDQ    $64, BX
	ADDQ    $128, DX
	DECQ    CX
	JNZ     widenLoop
	VZEROUPPER
	RET

// ZIP makes 8 numbers of each of two columns 8 words: those of the left column
// are their low halves.
#define ZIP(left, right, y) \
	VPMOVZXWD left, y; \
	VPMOVZXWD right, Y15; \
	VPSLLD    $16, Y15, Y15; \
	VPOR      Y15, y, y

// func packBrainAVX2(dst *uint16, src *byte, row, n int)
//
// 8 numbers at a time of columns 0 … 7 (from SI and R11) and 16 … 23 (from BX
// and R12), row bytes apart, are zipped to 8 columns of words, which are then
// turned: first pairs of columns are interleaved, then pairs of pairs, then the
// halves of the vectors are put together. A row of dst is 64 bytes, and half of
// it is written.
TEXT ·packBrainAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ src+8(FP), SI
	MOVQ row+16(FP), R8
	MOVQ n+24(FP), CX
	LEAQ (R8)(R8*2), R10
	LEAQ (SI)(R8*4), R11
	MOVQ R8, BX
	SHLQ $4, BX
	ADDQ SI, BX
	LEAQ (BX)(R8*4), R12

packLoop:
	ZIP((SI), (BX), Y0)
	ZIP((SI)(R8*1), (BX)(R8*1), Y1)
	ZIP((SI)(R8*2), (BX)(R8*2), Y2)
	ZIP((SI)(R10*1), (BX)(R10*1), Y3)
	ZIP((R11), (R12), Y4)
	ZIP((R11)(R8*1), (R12)(R8*1), Y5)
	ZIP((R11)(R8*2), (R12)(R8*2), Y6)
	ZIP((R11)(R10*1), (R12)(R10*1), Y7)
	VPUNPCKLDQ  Y1, Y0, Y8
	VPUNPCKHDQ  Y1, Y0, Y9
	VPUNPCKLDQ  Y3, Y2, Y10
	VPUNPCKHDQ  Y3, Y2, Y11
	VPUNPCKLDQ  Y5, Y4, Y12
	VPUNPCKHDQ  Y5, Y4, Y13
	VPUNPCKLDQ  Y7, Y6, Y14
	VPUNPCKHDQ  Y7, Y6, Y15
	VPUNPCKLQDQ Y10, Y8, Y0
	VPUNPCKHQDQ Y10, Y8, Y1
	VPUNPCKLQDQ Y11, Y9, Y2
	VPUNPCKHQDQ Y11, Y9, Y3
	VPUNPCKLQDQ Y14, Y12, Y4
	VPUNPCKHQDQ Y14, Y12, Y5
	VPUNPCKLQDQ Y15, Y13, Y6
	VPUNPCKHQDQ Y15, Y13, Y7
	VPERM2I128  $0x20, Y4, Y0, Y8
	VPERM2I128  $0x20, Y5, Y1, Y9
	VPERM2I128  $0x20, Y6, Y2, Y10
	VPERM2I128  $0x20, Y7, Y3, Y11
	VPERM2I128  $0x31, Y4, Y0, Y12
	VPERM2I128  $0x31, Y5, Y1, Y13
	VPERM2I128  $0x31, Y6, Y2, Y14
	VPERM2I128  $0x31, Y7, Y3, Y15
	VMOVDQU     Y8, (DX)
	VMOVDQU     Y9, 64(DX)
	VMOVDQU     Y10, 128(DX)
	VMOVDQU     Y11, 192(DX)
	VMOVDQU     Y12, 256(DX)
	VMOVDQU     Y13, 320(DX)
	VMOVDQU     Y14, 384(DX)
	VMOVDQU     Y15, 448(DX)
	ADDQ        $16, SI
	ADDQ        $16, BX
	ADDQ        $16, R11
	ADDQ        $16, R12
	ADDQ        $512, DX
	SUBQ        $8, CX
	JNZ         packLoop
	VZEROUPPER
	RET
