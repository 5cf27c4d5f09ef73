/* The few calls of libx264 that the encoder needs, behind plain integers and pointers.
 *
 * x264_param_t and the name of x264_encoder_open change with every build of the library, so the only
 * reliable reader of its header is a C compiler. The structs here are mirrored in src/h264/ffi.rs. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

_Static_assert(X264_MBINFO_CONSTANT == 1, "src/h264/still.rs marks macroblocks with a one");

struct rate {
    int32_t crf; /* negative: constant bit rate with the two numbers below */
    int32_t kbps;
    int32_t vbv_kbit;
};

struct config {
    int32_t width;
    int32_t height;
    int32_t full_colour;
    int32_t threads;
    int32_t millihertz;
    struct rate rate;
};

struct output {
    size_t bytes;
    int32_t keyframe;
    int32_t qp;
};

struct encoder {
    x264_t *x264;
    x264_nal_t *nals;
    int nal_count;
    int64_t pts;
    int csp;
    int opening;
    char complaint[200];
};

static void note(void *private, int level, const char *format, va_list arguments)
{
    struct encoder *encoder = private;
    if (encoder->opening && level == X264_LOG_ERROR)
        vsnprintf(encoder->complaint, sizeof encoder->complaint, format, arguments);
}

static void set_rate(x264_param_t *param, const struct rate *rate)
{
    if (rate->crf >= 0) {
        param->rc.i_rc_method = X264_RC_CRF;
        param->rc.f_rf_constant = rate->crf;
    } else {
        param->rc.i_rc_method = X264_RC_ABR;
        param->rc.i_bitrate = rate->kbps;
        param->rc.i_vbv_max_bitrate = rate->kbps;
        param->rc.i_vbv_buffer_size = rate->vbv_kbit;
    }
}

struct encoder *selkies_x264_open(const struct config *config, char *why, size_t why_size)
{
    x264_param_t param;
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    if (x264_param_default_preset(&param, "ultrafast", "zerolatency") < 0) {
        snprintf(why, why_size, "the preset ultrafast with zerolatency is unknown");
        free(encoder);
        return NULL;
    }
    encoder->csp = config->full_colour ? X264_CSP_I444 : X264_CSP_I420;
    encoder->opening = 1;

    param.i_log_level = X264_LOG_ERROR;
    param.pf_log = note;
    param.p_log_private = encoder;

    param.i_width = config->width;
    param.i_height = config->height;
    param.i_csp = encoder->csp;
    param.i_fps_num = (uint32_t)config->millihertz;
    param.i_fps_den = 1000;
    param.b_vfr_input = 0;

    /* Left alone, zerolatency asks for as many slices as there are processors. */
    param.i_threads = config->threads;
    param.b_sliced_threads = config->threads > 1;

    param.i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param.i_scenecut_threshold = 0;
    param.i_bframe = 0;
    param.b_repeat_headers = 1;
    param.b_annexb = 1;
    param.b_aud = 0;
    param.analyse.b_mb_info = 1;
    param.i_nal_hrd = X264_NAL_HRD_NONE;

    param.vui.b_fullrange = config->full_colour ? 1 : 0;
    param.vui.i_colorprim = 1; /* 1 is BT.709 in tables E-3, E-4 and E-5 of ITU-T H.264 */
    param.vui.i_transfer = 1;
    param.vui.i_colmatrix = 1;

    set_rate(&param, &config->rate);

    if (x264_param_apply_profile(&param, config->full_colour ? "high444" : "baseline") < 0)
        snprintf(encoder->complaint, sizeof encoder->complaint, "the profile is not built in");
    else
        encoder->x264 = x264_encoder_open(&param);
    encoder->opening = 0;

    if (!encoder->x264) {
        encoder->complaint[strcspn(encoder->complaint, "\n")] = '\0';
        snprintf(why, why_size, "%s", encoder->complaint[0] ? encoder->complaint : "it gives no reason");
        free(encoder);
        return NULL;
    }
    return encoder;
}

/* SEI messages here only ever carry the library's self-portrait. */
static int is_sent(const x264_nal_t *nal)
{
    return nal->i_type != NAL_SEI;
}

int selkies_x264_encode(struct encoder *encoder, const uint8_t *const planes[3], const int32_t strides[3],
                        const uint8_t *still, int32_t idr, int32_t qp, struct output *output)
{
    x264_picture_t in, out;
    x264_picture_init(&in);
    in.i_type = idr ? X264_TYPE_IDR : X264_TYPE_AUTO;
    in.i_qpplus1 = qp < 0 ? X264_QP_AUTO : qp + 1;
    in.i_pts = encoder->pts++;
    in.prop.mb_info = (uint8_t *)still; /* read only unless b_mb_info_update is set */
    in.img.i_csp = encoder->csp;
    in.img.i_plane = 3;
    for (int i = 0; i < 3; i++) {
        in.img.plane[i] = (uint8_t *)planes[i]; /* read only, the header merely lacks the const */
        in.img.i_stride[i] = strides[i];
    }

    encoder->nal_count = 0;
    if (x264_encoder_encode(encoder->x264, &encoder->nals, &encoder->nal_count, &in, &out) < 0) {
        encoder->nal_count = 0;
        return -1;
    }
    output->bytes = 0;
    for (int i = 0; i < encoder->nal_count; i++)
        if (is_sent(&encoder->nals[i]))
            output->bytes += (size_t)encoder->nals[i].i_payload;
    output->keyframe = out.i_type == X264_TYPE_IDR;
    output->qp = out.i_qpplus1 - 1;
    return 0;
}

/* Copies what the last call of encode announced; the library's own memory is reused by the next one. */
void selkies_x264_take(const struct encoder *encoder, uint8_t *into)
{
    for (int i = 0; i < encoder->nal_count; i++) {
        const x264_nal_t *nal = &encoder->nals[i];
        if (is_sent(nal)) {
            memcpy(into, nal->p_payload, (size_t)nal->i_payload);
            into += nal->i_payload;
        }
    }
}

int selkies_x264_reconfigure(struct encoder *encoder, const struct rate *rate)
{
    x264_param_t param;
    x264_encoder_parameters(encoder->x264, &param);
    set_rate(&param, rate);
    return x264_encoder_reconfig(encoder->x264, &param);
}

int selkies_x264_held_back(const struct encoder *encoder)
{
    return x264_encoder_delayed_frames(encoder->x264);
}

void selkies_x264_close(struct encoder *encoder)
{
    x264_encoder_close(encoder->x264);
    free(encoder);
}

const char *selkies_x264_version(void)
{
    return X264_POINTVER;
}
