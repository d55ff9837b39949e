//! Exponentials and logarithms to the last bit of fdlibm, which Java's `StrictMath` is defined by, so that a cluster of Java
//! programs gives the same. The C library differs from it in the last digit of one value in ten.
//!
//! `ln` and `log10` follow `e_log.c` and `e_log10.c` of fdlibm 5.3 (Copyright (C) 1993 by Sun Microsystems, Inc.; permission to
//! use, copy, modify, and distribute it is freely granted, provided that this notice is preserved). The crate `libm` has the
//! same `exp` and `pow`; its logarithms are others.

pub(crate) use libm::{exp, pow};

use std::f64::consts::LOG10_E;

/// The halves of ln 2: the first has zeros enough at its end that its product with an exponent is exact.
const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
/// The halves of log10 2.
const LOG10_2: [f64; 2] = [0.301_029_995_663_611_77, 3.694_239_077_158_931e-13];
/// The polynomial of ln((1 + s) / (1 - s)) in s².
const LG: [f64; 7] = [
    0.666_666_666_666_673_5,
    0.399_999_999_994_094_2,
    0.285_714_287_436_623_9,
    0.222_221_984_321_497_84,
    0.181_835_721_616_180_5,
    0.153_138_376_992_093_73,
    0.147_981_986_051_165_86,
];
/// 2^54, by which numbers below the normal ones are brought among them.
const TWO_54: f64 = 18_014_398_509_481_984.0;

/// The natural logarithm of a number above zero.
pub(crate) fn ln(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let (exponent, high, x) = split(x);
    // 2^exponent · (1 + f), with 1 + f between √2/2 and √2.
    let half = (high + 0x95f64) & 0x0010_0000;
    let k = f64::from(exponent + (half >> 20));
    let f = with_high(x, high | (half ^ 0x3ff0_0000)) - 1.0;
    if 0x000f_ffff & (2 + high) < 3 {
        // |f| < 2^-20
        let r = f * f * (0.5 - 0.333_333_333_333_333_3 * f);
        return if f == 0.0 {
            k * LN2[0] + k * LN2[1]
        } else if k == 0.0 {
            f - r
        } else {
            k * LN2[0] - ((r - k * LN2[1]) - f)
        };
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let even = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let r = even + odd;
    let is_middle = (high - 0x6147a) | (0x6b851 - high);
    if is_middle > 0 {
        let square = 0.5 * f * f;
        return if k == 0.0 {
            f - (square - s * (square + r))
        } else {
            k * LN2[0] - ((square - (s * (square + r) + k * LN2[1])) - f)
        };
    }
    if k == 0.0 { f - s * (f - r) } else { k * LN2[0] - ((s * (f - r) - k * LN2[1]) - f) }
}

/// The logarithm to the base 10 of a number above zero.
pub(crate) fn log10(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let (exponent, high, x) = split(x);
    let below_one = i32::from(exponent < 0);
    let y = f64::from(exponent + below_one);
    let x = with_high(x, high | ((0x3ff - below_one) << 20));
    let z = y * LOG10_2[1] + LOG10_E * ln(x);
    z + y * LOG10_2[0]
}

/// The exponent, the upper 20 bits of the fraction, and the number whose fraction these are of.
fn split(x: f64) -> (i32, i32, f64) {
    let (x, scaled) = if x < f64::MIN_POSITIVE { (x * TWO_54, -54) } else { (x, 0) };
    // The upper half of a positive number fits.
    let high = (x.to_bits() >> 32) as i32;
    (scaled + (high >> 20) - 1023, high & 0x000f_ffff, x)
}

/// The number with other upper 32 bits.
fn with_high(x: f64, high: i32) -> f64 {
    f64::from_bits(u64::from(high as u32) << 32 | (x.to_bits() & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bits_are_those_of_java() {
        // x, ln x, log10 x, e, exp e, y, x^y, as Java's StrictMath has them.
        const TOLD: [[u64; 7]; 25] = [
            [
                0x3fff_70fe_2ec3_4c98,
                0x3fe5_9dfd_dcf2_0f80,
                0x3fd2_c6c3_9a6f_9adb,
                0xc041_858c_ada3_5f3a,
                0x3cc5_c0b2_eb24_3ede,
                0xbff3_e33d_90e3_bff6,
                0x3fdb_a36e_43a6_666e,
            ],
            [
                0x400a_4f0c_e457_11d2,
                0x3ff3_0c21_710c_a90d,
                0x3fe0_8b5a_6ebf_7e2d,
                0xc04f_c82c_114e_3233,
                0x3a33_a771_3411_48f0,
                0x4018_3f2c_0248_31ce,
                0x4095_4548_6a3a_5f5f,
            ],
            [
                0x400e_6e14_b715_94a5,
                0x3ff5_6034_788d_326d,
                0x3fe2_9118_ca7e_af52,
                0x4070_cd30_3599_f7d2,
                0x582c_78ac_ff47_f3fd,
                0xc021_1b87_b866_4cdb,
                0x3ee6_d625_f5e4_4a8f,
            ],
            [
                0x3ff7_9f16_e39a_7c4c,
                0x3fd8_eea6_fbff_ab9f,
                0x3fc5_a7e6_bdbb_1ac8,
                0x4070_e37c_ba3f_4fad,
                0x584c_aeb7_1e2f_f569,
                0x3fd5_8635_b601_59f0,
                0x3ff2_3d63_d2c2_7ba3,
            ],
            [
                0x400b_d1c7_263c_f671,
                0x3ff3_f0d1_a895_4b9d,
                0x3fe1_51fd_4b17_912e,
                0x4078_5f86_8ca5_ce35,
                0x6318_6425_61e9_b19d,
                0x401d_ddd6_92a6_57a0,
                0x40c5_7bdb_e92d_3256,
            ],
            [
                0x4831_dd4c_b598_0fb9,
                0x4056_e6c3_003e_8c95,
                0x4043_e454_835f_2247,
                0xc05e_5698_c82b_3253,
                0x34fe_5e6c_fedb_3e19,
                0x4017_4560_2ae0_7adb,
                0x6ffd_3437_27df_d310,
            ],
            [
                0x5a8a_9c37_1a52_372c,
                0x4072_718a_460c_a1eb,
                0x4060_0513_e0e3_7399,
                0x407c_fc1e_8d94_caba,
                0x69c0_afad_2438_3d2a,
                0x3ff4_c18f_4bf4_a000,
                0x6273_814f_e95e_8487,
            ],
            [
                0x4042_b676_a6ba_04d4,
                0x400c_fa93_c7e3_c6e1,
                0x3ff9_2bb1_c073_ef10,
                0x4074_4ee1_7150_b44c,
                0x5d3b_60d3_3db1_7006,
                0x401d_5331_4632_4922,
                0x4253_df5e_8722_1db1,
            ],
            [
                0x69ac_6f7b_4ef5_c152,
                0x407c_ee77_ad82_a61b,
                0x4069_212d_0956_9cb2,
                0xc072_f4ef_c5f6_9014,
                0x2495_619b_0d3d_1433,
                0xbff7_6a2d_1877_21e6,
                0x02d9_b24d_fafe_1e1c,
            ],
            [
                0x2e43_7175_3dc6_b80a,
                0xc068_7ee7_5f46_368a,
                0xc055_46d6_7c22_0784,
                0x4080_16ef_2b09_74c6,
                0x6e5b_c695_3614_9a5c,
                0x4021_708f_8421_ffd2,
                0x0000_0000_0000_0000,
            ],
            [
                0x408d_d333_3333_3333,
                0x401b_71bf_b544_a5b2,
                0x4007_d67c_e874_b95e,
                0xc070_4b84_c4b4_82f0,
                0x286d_0ddd_5c5e_993e,
                0x4019_71df_2bbb_233e,
                0x43df_4179_94b8_fb29,
            ],
            [
                0x404c_07ae_147a_e148,
                0x4010_1b0e_8307_4386,
                0x3ffb_fa7b_aa84_e744,
                0x403d_8915_a2a1_c24a,
                0x4298_6e97_2e64_43fe,
                0xc000_c2b2_ea62_8af7,
                0x3f2c_7133_ae95_fce6,
            ],
            [
                0x4089_6af5_c28f_5c29,
                0x401a_ce03_bb55_3bce,
                0x4007_4845_2752_6e2f,
                0x4075_5703_5a23_1b2f,
                0x5eb8_1b57_bcbd_bd6a,
                0xc01a_34a6_9de4_91ec,
                0x3bf9_52e4_a973_0d28,
            ],
            [
                0x4086_26cc_cccc_cccd,
                0x401a_412b_e06a_e0bd,
                0x4006_cdef_6f8d_2859,
                0xc05c_1e0b_4260_0b9e,
                0x35ca_bd4f_fe18_5b4a,
                0x4018_328b_e1db_32e4,
                0x4383_7939_00a9_f650,
            ],
            [
                0x4059_a51e_b851_eb85,
                0x4012_85c7_461b_e656,
                0x4000_16a8_09c0_8f09,
                0x4072_9579_806c_692f,
                0x5abf_6e0c_68aa_a8d7,
                0xc01f_a890_2b56_2515,
                0x3ca1_7490_0a89_c49c,
            ],
            [
                0x4088_b800_0000_0000,
                0x401a_b175_05c0_19f2,
                0x4007_2f77_26f5_453b,
                0xc086_c6fc_1313_ea9e,
                0x0000_0000_0057_f02b,
                0xc013_a49a_e155_a22e,
                0x3cfa_626b_84ca_5c8e,
            ],
            [
                0x4083_7800_0000_0000,
                0x4019_bcf9_c33b_218c,
                0x4006_5b1c_8c8b_b663,
                0xc06b_b3b6_2492_98c1,
                0x2bf3_5e9a_daac_751c,
                0xbff9_a456_b81e_64ec,
                0x3f01_6baa_fb6e_f51f,
            ],
            [
                0x4086_3000_0000_0000,
                0x401a_42d4_d1ff_8154,
                0x4006_cf60_8981_902a,
                0xc07c_1417_8860_377a,
                0x176d_0f5d_fa8f_2920,
                0xc019_94e0_6449_3e0a,
                0x3c25_7b0f_4649_b056,
            ],
            [
                0x408e_0800_0000_0000,
                0x401b_78ce_4891_2b5a,
                0x4007_dc9e_1458_67e6,
                0x4064_ca70_6d52_2d92,
                0x4eef_150d_a21f_9017,
                0x4021_558b_6702_a842,
                0x454d_6198_f86c_855e,
            ],
            [
                0x4079_3000_0000_0000,
                0x4017_fee9_39e1_5bd5,
                0x4004_d7aa_2c0a_3d1b,
                0xc080_b638_8cde_cfd0,
                0x0fb6_4cdf_cb7c_761a,
                0xc023_79de_3da6_f64b,
                0x3aaa_5f4c_7a4f_c20a,
            ],
            [
                0x3ff0_0004_6c51_693a,
                0x3ed1_b143_32dc_70d1,
                0x3ebe_bc22_8481_8cb2,
                0xc076_ebbe_ac00_ddad,
                0x1ede_292b_5e74_e568,
                0xc020_0f44_3954_4f46,
                0x3fef_ffb8_f7bb_8c54,
            ],
            [
                0x3fef_fff8_5cb6_8ce8,
                0xbece_8d29_71c3_4315,
                0xbeba_895f_f9af_8215,
                0xc04b_f510_14d2_1d3a,
                0x3ae4_251f_feb2_2319,
                0xbff6_a211_b957_f228,
                0x3ff0_0005_66f2_ec75,
            ],
            [
                0x3ff0_0001_f011_58cf,
                0x3ebf_0113_ac4e_8a27,
                0x3eaa_ee0e_aed1_5939,
                0xc082_2e28_5163_3f2e,
                0x0b79_b37b_7be2_0614,
                0x4022_d466_a6a6_a6c6,
                0x3ff0_0012_3e70_0ed7,
            ],
            [
                0x3ff0_0002_d025_4c83,
                0x3ec6_8128_69a3_c669,
                0x3eb3_8c14_00d3_c964,
                0xc06e_69df_a1fe_35ba,
                0x29ff_8f02_eefa_1f42,
                0x400f_ef86_34a9_a7d0,
                0x3ff0_000b_3acd_07de,
            ],
            [
                0x3fef_fffb_46b1_8520,
                0xbec2_e53b_5089_88ee,
                0xbeb0_6990_e9d4_57fa,
                0x4066_3a2a_bb02_cc26,
                0x4ff7_3604_95ca_331c,
                0xc020_912d_df94_e996,
                0x3ff0_0013_90ba_dd38,
            ],
        ];
        for told in TOLD {
            let [x, ln_x, log10_x, e, exp_e, y, power] = told.map(f64::from_bits);
            assert_eq!(ln(x).to_bits(), ln_x.to_bits(), "ln {x}");
            assert_eq!(log10(x).to_bits(), log10_x.to_bits(), "log10 {x}");
            assert_eq!(exp(e).to_bits(), exp_e.to_bits(), "exp {e}");
            assert_eq!(pow(x, y).to_bits(), power.to_bits(), "{x} to {y}");
        }
        assert_eq!([ln(f64::INFINITY), log10(f64::INFINITY)], [f64::INFINITY; 2]);
        assert!(ln(f64::NAN).is_nan() && log10(f64::NAN).is_nan());
    }
}
